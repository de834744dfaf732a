"""Spanish, French, Italian, Portuguese, Galician and Catalan."""

from __future__ import annotations

from app.core.clause_rules import ClauseRules
from app.core.clause_words.word_lists import SIGNS, words

SPANISH = ClauseRules(
    language="es",
    openers=words(
        "y e o u pero sino que porque pues aunque cuando donde mientras si como así entonces además también "
        "quien quienes cual cuales cuyo cuya luego ni"
    ),
    phrase_starters=words(
        "a ante bajo con contra de del al desde en entre hacia hasta para por según sin sobre tras durante "
        "el la los las lo un una unos unas este esta estos estas ese esa esos esas aquel aquella mi mis tu tus su sus "
        "nuestro nuestra nuestros nuestras cada todo toda todos todas algún alguna ningún ninguna otro otra "
        "después antes"
    ),
    unfinished=words(
        "no nunca ni jamás tampoco me te se le les nos os yo tú él ella usted ustedes nosotros muy más menos tan "
        "he ha has hemos han había voy va vas vamos van es son está están estoy fue era ser estar puedo puede pueden "
        "quiero quiere quería quisiera tengo tiene tenemos debo debe hay número llama llamo primer segundo"
    ),
    titles=words("sr sra srta dr dra d dña don doña ud uds núm avda c"),
    number_parts=words(
        "cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieci "
        "veinte veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos cientas "
        "dós trés séis quinientos quinientas setecientos setecientas novecientos novecientas mil millón millones "
        "primero primera segundo tercero tercera cuarto cuarta quinto medio media doble"
    ),
    span_words=words(
        "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
        "lunes martes miércoles jueves viernes sábado domingo euro euros dólar dólares céntimo céntimos peso pesos "
        "libra libras hora horas minuto minutos mañana tarde noche kilo kilos metro metros kilómetro kilómetros "
        "arroba punto guion guión barra coma ciento mayúscula minúscula efe hache jota ele eme ene eñe "
        "erre uve equis zeta",
        SIGNS,
    ),
    span_links=words("y de del con coma punto por a las la menos"),
    letter_words=words("a e o u y"),
    answers=words(
        "sí si no vale claro bien bueno correcto exacto perfecto gracias ajá ok okay okey hola dígame diga adiós"
    ),
    fillers=words("eh em ehm mmm mm hm ah oh este pues bueno"),
)

FRENCH = ClauseRules(
    language="fr",
    openers=words(
        "et ou mais donc or ni car que qu' qui quand lorsque lorsqu' puisque puisqu' parce comme si s' où dont "
        "alors tandis pendant quoique ensuite puis"
    ),
    phrase_starters=words(
        "à au aux de du des d' en dans sur sous avec sans pour par entre vers chez contre depuis jusque jusqu'à "
        "le la les l' un une ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs "
        "chaque quelque quelques tout toute tous toutes avant après"
    ),
    unfinished=words(
        "ne n' pas jamais plus je j' tu il elle on nous vous ils elles me m' te t' se s' lui y c' ça "
        "ai as a avons avez ont avais avait suis es est sommes êtes sont était étais sera vais va allons allez vont "
        "peux peut pouvez peuvent veux veut voulez voudrais dois doit devez faut très trop moins si numéro appelle"
    ),
    titles=words("m mme mlle mr dr me st ste n"),
    number_parts=words(
        "zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt "
        "vingts trente quarante cinquante soixante septante huitante nonante cent cents mille million millions "
        "milliard et premier première deuxième troisième quatrième cinquième demi demie quart double"
    ),
    span_words=words(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
        "lundi mardi mercredi jeudi vendredi samedi dimanche euro euros dollar dollars centime centimes livre livres "
        "heure heures h minute minutes matin après-midi soir kilo kilos mètre mètres kilomètre kilomètres pourcent "
        "virgule point tiret arobase slash majuscule minuscule",
        SIGNS,
    ),
    span_links=words("et de du le la à virgule point pour moins"),
    letter_words=words("a à y"),
    answers=words("oui ouais non si d'accord ok okay bien merci voilà exactement parfait bonjour allô bonsoir"),
    fillers=words("euh ben bah hein heu bon hmm mm ah oh alors"),
)

ITALIAN = ClauseRules(
    language="it",
    openers=words(
        "e ed o oppure ma però che perché poiché siccome quando mentre dove se come anche quindi allora inoltre "
        "cui quale chi sebbene benché affinché finché né poi"
    ),
    phrase_starters=words(
        "a ad da di in con su per tra fra del dello della dei degli delle dell' al allo alla ai agli alle all' "
        "dal dallo dalla dai dagli dalle dall' nel nello nella nei negli nelle nell' sul sullo sulla sui sulle sull' "
        "il lo la i gli le l' un uno una un' questo questa questi queste quest' quello quella quel quei mio mia miei "
        "mie tuo tua suo sua suoi sue nostro nostra vostro vostra loro ogni qualche d' senza verso durante contro "
        "dopo prima"
    ),
    unfinished=words(
        "non mai mi ti si ci vi ne io tu lui lei noi voi loro ho hai ha abbiamo avete hanno avevo aveva sono sei è "
        "siamo siete era erano sta sto stanno posso può possono voglio vuole vorrei devo deve molto più meno così "
        "troppo c' numero chiamo chiama"
    ),
    titles=words("sig sig.ra sig.na dott dott.ssa dr ing avv prof n"),
    number_parts=words(
        "zero un uno una due tre tré quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
        "quindici sedici diciassette diciotto diciannove venti vent trenta trent quaranta quarant cinquanta cinquant "
        "sessanta sessant settanta settant ottanta ottant novanta novant cento mille mila milione milioni "
        "primo prima secondo seconda terzo terza quarto quinto mezzo mezza doppio"
    ),
    span_words=words(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
        "lunedì martedì mercoledì giovedì venerdì sabato domenica euro dollaro dollari centesimo centesimi sterline "
        "ora ore minuto minuti mattina pomeriggio sera chilo chili metro metri chilometri virgola punto trattino "
        "chiocciola barra maiuscola minuscola",
        SIGNS,
    ),
    span_links=words("e di del virgola punto per alle le il meno"),
    letter_words=words("a e i o è"),
    answers=words("sì si no bene certo ok okay esatto giusto perfetto grazie pronto ciao buongiorno arrivederci"),
    fillers=words("eh ehm mm mmm beh allora cioè ah oh ecco"),
)

PORTUGUESE = ClauseRules(
    language="pt",
    openers=words(
        "e ou mas porém que porque pois quando onde enquanto se como embora então também além quem cujo cuja "
        "nem portanto"
    ),
    phrase_starters=words(
        "a à ao às aos o os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas "
        "para pra com sem sobre entre até desde contra durante este esta estes estas esse essa isso aquele aquela "
        "deste desta desse dessa neste nesta nesse nessa meu minha meus minhas teu tua seu sua seus suas nosso nossa "
        "cada todo toda todos todas algum alguma nenhum nenhuma outro outra depois antes"
    ),
    unfinished=words(
        "não nunca me te se lhe lhes nos eu tu ele ela você vocês nós eles elas muito mais menos tão tenho tem temos "
        "têm tinha sou é são era foi estou está estão vou vai vamos vão posso pode podem quero quer queria gostaria "
        "devo deve há número chamo chama estava"
    ),
    titles=words("sr sra dr dra d dona eng prof n"),
    number_parts=words(
        "zero um uma dois duas três quatro cinco seis meia sete oito nove dez onze doze treze catorze quatorze quinze "
        "dezasseis dezesseis dezassete dezessete dezoito dezanove dezenove vinte trinta quarenta cinquenta sessenta "
        "setenta oitenta noventa cem cento duzentos duzentas trezentos trezentas quatrocentos quinhentos seiscentos "
        "setecentos oitocentos novecentos mil milhão milhões primeiro primeira segundo terceiro quarto quinto meio"
    ),
    span_words=words(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro segunda-feira "
        "terça-feira quarta-feira quinta-feira sexta-feira segunda terça sexta feira sábado domingo euro euros dólar "
        "dólares cêntimo cêntimos real reais centavos libras hora horas minuto minutos manhã tarde noite quilo quilos "
        "metro metros quilómetros quilômetros vírgula ponto traço hífen arroba barra maiúscula minúscula",
        SIGNS,
    ),
    span_links=words("e de do da vírgula ponto por às as para"),
    letter_words=words("a e o à é"),
    answers=words("sim não pois claro bem bom certo exato exatamente ok okay obrigado obrigada olá alô adeus"),
    fillers=words("hum hmm mm ah oh eh né bem pronto"),
)

GALICIAN = ClauseRules(
    language="gl",
    openers=words(
        "e ou pero mais que porque pois cando onde mentres se como aínda entón tamén ademais quen cuxo cuxa nin senón"
    ),
    phrase_starters=words(
        "a á ao ás aos ó o os as un unha uns unhas de do da dos das dun dunha en no na nos nas nun nunha por polo "
        "pola polos polas para con sen sobre entre ata desde contra durante este esta estes estas ese esa iso aquel "
        "aquela deste desta neste nesta meu miña meus miñas teu túa seu súa seus súas noso nosa cada todo toda todos "
        "todas algún algunha ningún ningunha outro outra despois antes"
    ),
    unfinished=words(
        "non nunca me te se lle lles nos eu ti el ela vostede vostedes nós eles elas moi máis menos tan teño ten temos "
        "teñen tiña son é era foi estou está están vou vai imos van podo pode poden quero quere quería gustaríame debo "
        "debe hai número chámome chamo"
    ),
    titles=words("sr sra dr dra d dona don n"),
    number_parts=words(
        "cero un unha dous dúas tres catro cinco seis sete oito nove dez once doce trece catorce quince dezaseis "
        "dezasete dezaoito dezanove vinte trinta corenta cincuenta sesenta setenta oitenta noventa cen cento "
        "douscentos duascentas trescentos catrocentos cincocentos seiscentos setecentos oitocentos novecentos mil "
        "millón millóns primeiro primeira segundo terceiro cuarto quinto medio media"
    ),
    span_words=words(
        "xaneiro febreiro marzo abril maio xuño xullo agosto setembro outubro novembro decembro luns martes mércores "
        "xoves venres sábado domingo euro euros dólar dólares céntimo céntimos hora horas minuto minutos mañá tarde "
        "noite quilo quilos metro metros quilómetros coma punto guión arroba barra maiúscula minúscula",
        SIGNS,
    ),
    span_links=words("e de do da coma punto por ás as menos"),
    letter_words=words("a e o á é ó"),
    answers=words("si non vale claro ben bo correcto exacto perfecto grazas ok okay ola dígame adeus"),
    fillers=words("eh em mm hm ah oh pois bo"),
)

CATALAN = ClauseRules(
    language="ca",
    openers=words("i o però sinó que perquè doncs quan on mentre si com encara així llavors també qui qual ni ja "),
    phrase_starters=words(
        "a al als de del dels d' en amb per pel pels sense sobre entre fins des cap contra durant el la els les l' un "
        "una uns unes aquest aquesta aquests aquestes aquell aquella meu meva meus meves teva seu seva seus seves "
        "nostre nostra cada tot tota tots totes algun alguna altre altra després abans"
    ),
    unfinished=words(
        "no mai em et es s' m' t' li us jo tu ell ella vostè nosaltres molt més menys tan he ha has hem han havia vaig "
        "va vas vam van soc és són era està estan estic puc pot poden vull vol voldria tinc té tenim dec deu hi n' "
        "número truco"
    ),
    titles=words("sr sra dr dra d n"),
    number_parts=words(
        "zero un una dos dues tres quatre cinc sis set vuit nou deu onze dotze tretze catorze quinze setze disset "
        "divuit dinou vint trenta quaranta cinquanta seixanta setanta vuitanta noranta cent cents centes mil milió "
        "milions primer primera segon tercer quart cinquè mig mitja i"
    ),
    span_words=words(
        "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre dilluns dimarts dimecres "
        "dijous divendres dissabte diumenge euro euros dòlar dòlars cèntim cèntims hora hores minut minuts matí tarda "
        "vespre nit quilo quilos metre metres quilòmetres coma punt guió arrova barra majúscula minúscula",
        SIGNS,
    ),
    span_links=words("i de del d' coma punt per a les la menys"),
    letter_words=words("a e i o"),
    answers=words("sí si no val d'acord clar bé bo correcte exacte perfecte gràcies ok okay hola digui adéu"),
    fillers=words("eh em mm hm ah oh doncs bé"),
)
