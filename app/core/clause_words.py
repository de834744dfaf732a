"""The words that ``clause_rules`` asks about, language by language. Only what speech on the telephone is full of."""

from __future__ import annotations

from types import MappingProxyType

from app.core.clause_rules import ClauseRules, VerbBracket


def _words(*lists: str) -> frozenset[str]:
    return frozenset(word for words in lists for word in words.casefold().split())


_SIGNS = "km kg cm € $ £ % usd eur iban dni nif id"

_SPANISH = ClauseRules(
    language="es",
    openers=_words(
        "y e o u pero sino que porque pues aunque cuando donde mientras si como así entonces además también "
        "quien quienes cual cuales cuyo cuya luego ni"
    ),
    phrase_starters=_words(
        "a ante bajo con contra de del al desde en entre hacia hasta para por según sin sobre tras durante "
        "el la los las lo un una unos unas este esta estos estas ese esa esos esas aquel aquella mi mis tu tus su sus "
        "nuestro nuestra nuestros nuestras cada todo toda todos todas algún alguna ningún ninguna otro otra "
        "después antes"
    ),
    unfinished=_words(
        "no nunca ni jamás tampoco me te se le les nos os yo tú él ella usted ustedes nosotros muy más menos tan "
        "he ha has hemos han había voy va vas vamos van es son está están estoy fue era ser estar puedo puede pueden "
        "quiero quiere quería quisiera tengo tiene tenemos debo debe hay número llama llamo primer segundo"
    ),
    titles=_words("sr sra srta dr dra d dña don doña ud uds núm avda c"),
    number_parts=_words(
        "cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieci "
        "veinte veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos cientas "
        "dós trés séis quinientos quinientas setecientos setecientas novecientos novecientas mil millón millones "
        "primero primera segundo tercero tercera cuarto cuarta quinto medio media doble"
    ),
    span_words=_words(
        "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
        "lunes martes miércoles jueves viernes sábado domingo euro euros dólar dólares céntimo céntimos peso pesos "
        "libra libras hora horas minuto minutos mañana tarde noche kilo kilos metro metros kilómetro kilómetros "
        "arroba punto guion guión barra coma ciento mayúscula minúscula efe hache jota ele eme ene eñe "
        "erre uve equis zeta",
        _SIGNS,
    ),
    span_links=_words("y de del con coma punto por a las la menos"),
    letter_words=_words("a e o u y"),
    answers=_words(
        "sí si no vale claro bien bueno correcto exacto perfecto gracias ajá ok okay okey hola dígame diga adiós"
    ),
    fillers=_words("eh em ehm mmm mm hm ah oh este pues bueno"),
)

_ENGLISH = ClauseRules(
    language="en",
    openers=_words(
        "and or but nor so because although though while when where if that which who whose unless until since "
        "whereas whether then as before after once why how what however whom"
    ),
    phrase_starters=_words(
        "a an the this that these those my your his her its our their each every some any no another "
        "of in on at to from for with without by about into onto over under between through during against "
        "across around behind near towards per via"
    ),
    unfinished=_words(
        "not never don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't weren't haven't hasn't "
        "hadn't shouldn't i he she we they you it i'm you're he's she's it's we're they're i've you've we've they've "
        "i'd you'd we'd i'll you'll we'll he'll she'll is are was were be been am have has had do does did can could "
        "will would shall should may might must very more less too only just number called"
    ),
    titles=_words("mr mrs ms dr prof st no ext"),
    number_parts=_words(
        "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand "
        "thousands million millions billion first second third fourth fifth sixth seventh eighth ninth tenth "
        "eleventh twelfth thirteenth twentieth thirtieth half quarter double triple"
    ),
    span_words=_words(
        "january february march april may june july august september october november december "
        "monday tuesday wednesday thursday friday saturday sunday euro euros dollar dollars pound pounds cent cents "
        "pence hour hours minute minutes o'clock am pm a.m p.m morning afternoon evening kilo kilos metre metres "
        "meter meters kilometre kilometres mile miles percent point dot dash hyphen slash underscore at-sign "
        "alpha bravo charlie delta echo foxtrot golf hotel india juliet lima mike november oscar papa quebec romeo "
        "sierra tango uniform victor whiskey zulu",
        _SIGNS,
    ),
    span_links=_words("and of the at point dot dash to in for as past"),
    letter_words=_words("a i"),
    answers=_words(
        "yes yeah yep no nope ok okay sure right correct exactly fine good great thanks hello hi goodbye bye alright"
    ),
    fillers=_words("uh um er erm hmm mm mhm ah oh well"),
)

_FRENCH = ClauseRules(
    language="fr",
    openers=_words(
        "et ou mais donc or ni car que qu' qui quand lorsque lorsqu' puisque puisqu' parce comme si s' où dont "
        "alors tandis pendant quoique ensuite puis"
    ),
    phrase_starters=_words(
        "à au aux de du des d' en dans sur sous avec sans pour par entre vers chez contre depuis jusque jusqu'à "
        "le la les l' un une ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs "
        "chaque quelque quelques tout toute tous toutes avant après"
    ),
    unfinished=_words(
        "ne n' pas jamais plus je j' tu il elle on nous vous ils elles me m' te t' se s' lui y c' ça "
        "ai as a avons avez ont avais avait suis es est sommes êtes sont était étais sera vais va allons allez vont "
        "peux peut pouvez peuvent veux veut voulez voudrais dois doit devez faut très trop moins si numéro appelle"
    ),
    titles=_words("m mme mlle mr dr me st ste n"),
    number_parts=_words(
        "zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt "
        "vingts trente quarante cinquante soixante septante huitante nonante cent cents mille million millions "
        "milliard et premier première deuxième troisième quatrième cinquième demi demie quart double"
    ),
    span_words=_words(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
        "lundi mardi mercredi jeudi vendredi samedi dimanche euro euros dollar dollars centime centimes livre livres "
        "heure heures h minute minutes matin après-midi soir kilo kilos mètre mètres kilomètre kilomètres pourcent "
        "virgule point tiret arobase slash majuscule minuscule",
        _SIGNS,
    ),
    span_links=_words("et de du le la à virgule point pour moins"),
    letter_words=_words("a à y"),
    answers=_words("oui ouais non si d'accord ok okay bien merci voilà exactement parfait bonjour allô bonsoir"),
    fillers=_words("euh ben bah hein heu bon hmm mm ah oh alors"),
)

_ITALIAN = ClauseRules(
    language="it",
    openers=_words(
        "e ed o oppure ma però che perché poiché siccome quando mentre dove se come anche quindi allora inoltre "
        "cui quale chi sebbene benché affinché finché né poi"
    ),
    phrase_starters=_words(
        "a ad da di in con su per tra fra del dello della dei degli delle dell' al allo alla ai agli alle all' "
        "dal dallo dalla dai dagli dalle dall' nel nello nella nei negli nelle nell' sul sullo sulla sui sulle sull' "
        "il lo la i gli le l' un uno una un' questo questa questi queste quest' quello quella quel quei mio mia miei "
        "mie tuo tua suo sua suoi sue nostro nostra vostro vostra loro ogni qualche d' senza verso durante contro "
        "dopo prima"
    ),
    unfinished=_words(
        "non mai mi ti si ci vi ne io tu lui lei noi voi loro ho hai ha abbiamo avete hanno avevo aveva sono sei è "
        "siamo siete era erano sta sto stanno posso può possono voglio vuole vorrei devo deve molto più meno così "
        "troppo c' numero chiamo chiama"
    ),
    titles=_words("sig sig.ra sig.na dott dott.ssa dr ing avv prof n"),
    number_parts=_words(
        "zero un uno una due tre tré quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
        "quindici sedici diciassette diciotto diciannove venti vent trenta trent quaranta quarant cinquanta cinquant "
        "sessanta sessant settanta settant ottanta ottant novanta novant cento mille mila milione milioni "
        "primo prima secondo seconda terzo terza quarto quinto mezzo mezza doppio"
    ),
    span_words=_words(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
        "lunedì martedì mercoledì giovedì venerdì sabato domenica euro dollaro dollari centesimo centesimi sterline "
        "ora ore minuto minuti mattina pomeriggio sera chilo chili metro metri chilometri virgola punto trattino "
        "chiocciola barra maiuscola minuscola",
        _SIGNS,
    ),
    span_links=_words("e di del virgola punto per alle le il meno"),
    letter_words=_words("a e i o è"),
    answers=_words("sì si no bene certo ok okay esatto giusto perfetto grazie pronto ciao buongiorno arrivederci"),
    fillers=_words("eh ehm mm mmm beh allora cioè ah oh ecco"),
)

_PORTUGUESE = ClauseRules(
    language="pt",
    openers=_words(
        "e ou mas porém que porque pois quando onde enquanto se como embora então também além quem cujo cuja "
        "nem portanto"
    ),
    phrase_starters=_words(
        "a à ao às aos o os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas "
        "para pra com sem sobre entre até desde contra durante este esta estes estas esse essa isso aquele aquela "
        "deste desta desse dessa neste nesta nesse nessa meu minha meus minhas teu tua seu sua seus suas nosso nossa "
        "cada todo toda todos todas algum alguma nenhum nenhuma outro outra depois antes"
    ),
    unfinished=_words(
        "não nunca me te se lhe lhes nos eu tu ele ela você vocês nós eles elas muito mais menos tão tenho tem temos "
        "têm tinha sou é são era foi estou está estão vou vai vamos vão posso pode podem quero quer queria gostaria "
        "devo deve há número chamo chama estava"
    ),
    titles=_words("sr sra dr dra d dona eng prof n"),
    number_parts=_words(
        "zero um uma dois duas três quatro cinco seis meia sete oito nove dez onze doze treze catorze quatorze quinze "
        "dezasseis dezesseis dezassete dezessete dezoito dezanove dezenove vinte trinta quarenta cinquenta sessenta "
        "setenta oitenta noventa cem cento duzentos duzentas trezentos trezentas quatrocentos quinhentos seiscentos "
        "setecentos oitocentos novecentos mil milhão milhões primeiro primeira segundo terceiro quarto quinto meio"
    ),
    span_words=_words(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro segunda-feira "
        "terça-feira quarta-feira quinta-feira sexta-feira segunda terça sexta feira sábado domingo euro euros dólar "
        "dólares cêntimo cêntimos real reais centavos libras hora horas minuto minutos manhã tarde noite quilo quilos "
        "metro metros quilómetros quilômetros vírgula ponto traço hífen arroba barra maiúscula minúscula",
        _SIGNS,
    ),
    span_links=_words("e de do da vírgula ponto por às as para"),
    letter_words=_words("a e o à é"),
    answers=_words("sim não pois claro bem bom certo exato exatamente ok okay obrigado obrigada olá alô adeus"),
    fillers=_words("hum hmm mm ah oh eh né bem pronto"),
)

_GALICIAN = ClauseRules(
    language="gl",
    openers=_words(
        "e ou pero mais que porque pois cando onde mentres se como aínda entón tamén ademais quen cuxo cuxa nin senón"
    ),
    phrase_starters=_words(
        "a á ao ás aos ó o os as un unha uns unhas de do da dos das dun dunha en no na nos nas nun nunha por polo "
        "pola polos polas para con sen sobre entre ata desde contra durante este esta estes estas ese esa iso aquel "
        "aquela deste desta neste nesta meu miña meus miñas teu túa seu súa seus súas noso nosa cada todo toda todos "
        "todas algún algunha ningún ningunha outro outra despois antes"
    ),
    unfinished=_words(
        "non nunca me te se lle lles nos eu ti el ela vostede vostedes nós eles elas moi máis menos tan teño ten temos "
        "teñen tiña son é era foi estou está están vou vai imos van podo pode poden quero quere quería gustaríame debo "
        "debe hai número chámome chamo"
    ),
    titles=_words("sr sra dr dra d dona don n"),
    number_parts=_words(
        "cero un unha dous dúas tres catro cinco seis sete oito nove dez once doce trece catorce quince dezaseis "
        "dezasete dezaoito dezanove vinte trinta corenta cincuenta sesenta setenta oitenta noventa cen cento "
        "douscentos duascentas trescentos catrocentos cincocentos seiscentos setecentos oitocentos novecentos mil "
        "millón millóns primeiro primeira segundo terceiro cuarto quinto medio media"
    ),
    span_words=_words(
        "xaneiro febreiro marzo abril maio xuño xullo agosto setembro outubro novembro decembro luns martes mércores "
        "xoves venres sábado domingo euro euros dólar dólares céntimo céntimos hora horas minuto minutos mañá tarde "
        "noite quilo quilos metro metros quilómetros coma punto guión arroba barra maiúscula minúscula",
        _SIGNS,
    ),
    span_links=_words("e de do da coma punto por ás as menos"),
    letter_words=_words("a e o á é ó"),
    answers=_words("si non vale claro ben bo correcto exacto perfecto grazas ok okay ola dígame adeus"),
    fillers=_words("eh em mm hm ah oh pois bo"),
)

_CATALAN = ClauseRules(
    language="ca",
    openers=_words("i o però sinó que perquè doncs quan on mentre si com encara així llavors també qui qual ni ja "),
    phrase_starters=_words(
        "a al als de del dels d' en amb per pel pels sense sobre entre fins des cap contra durant el la els les l' un "
        "una uns unes aquest aquesta aquests aquestes aquell aquella meu meva meus meves teva seu seva seus seves "
        "nostre nostra cada tot tota tots totes algun alguna altre altra després abans"
    ),
    unfinished=_words(
        "no mai em et es s' m' t' li us jo tu ell ella vostè nosaltres molt més menys tan he ha has hem han havia vaig "
        "va vas vam van soc és són era està estan estic puc pot poden vull vol voldria tinc té tenim dec deu hi n' "
        "número truco"
    ),
    titles=_words("sr sra dr dra d n"),
    number_parts=_words(
        "zero un una dos dues tres quatre cinc sis set vuit nou deu onze dotze tretze catorze quinze setze disset "
        "divuit dinou vint trenta quaranta cinquanta seixanta setanta vuitanta noranta cent cents centes mil milió "
        "milions primer primera segon tercer quart cinquè mig mitja i"
    ),
    span_words=_words(
        "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre dilluns dimarts dimecres "
        "dijous divendres dissabte diumenge euro euros dòlar dòlars cèntim cèntims hora hores minut minuts matí tarda "
        "vespre nit quilo quilos metre metres quilòmetres coma punt guió arrova barra majúscula minúscula",
        _SIGNS,
    ),
    span_links=_words("i de del d' coma punt per a les la menys"),
    letter_words=_words("a e i o"),
    answers=_words("sí si no val d'acord clar bé bo correcte exacte perfecte gràcies ok okay hola digui adéu"),
    fillers=_words("eh em mm hm ah oh doncs bé"),
)

_GERMAN = ClauseRules(
    language="de",
    openers=_words(
        "und oder aber denn sondern weil dass ob wenn als obwohl damit während bevor nachdem sobald solange falls "
        "deshalb deswegen trotzdem außerdem dann wo wer wie warum was wann sodass also"
    ),
    phrase_starters=_words(
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine meinen "
        "meinem meiner dein deine sein seine seinen ihr ihre ihren ihrem ihrer unser unsere unseren dieser diese "
        "dieses diesen diesem jeder jede jedes jeden alle welche welcher welches in im ins an am ans auf aus bei beim "
        "mit nach von vom vor zu zum zur über unter um für durch gegen ohne seit bis zwischen wegen"
    ),
    unfinished=_words(
        "nicht nie noch ich du er sie es wir man sich mir mich uns ihm ihn ihnen bin bist ist sind seid war waren habe "
        "hast hat haben hatte hatten wird werde werden wurde kann können muss müssen will wollen möchte möchten soll "
        "sollen darf dürfen könnte würde sehr mehr zu so nummer heiße"
    ),
    titles=_words("hr fr dr prof nr st str bzw ca z b d h"),
    number_parts=_words(
        "null ein eins eine zwei zwo drei vier fünf sechs sech sieben sieb acht neun zehn elf zwölf zwanzig dreißig "
        "dreissig vierzig fünfzig sechzig siebzig achtzig neunzig und hundert tausend million millionen erste ersten "
        "erster zweite zweiten dritte dritten vierte vierten fünfte fünften ten sten ter ster te halb halbe viertel "
        "dreiviertel"
    ),
    span_words=_words(
        "januar jänner februar märz april mai juni juli august september oktober november dezember montag dienstag "
        "mittwoch donnerstag freitag samstag sonnabend sonntag euro euros dollar cent franken pfund uhr stunde stunden "
        "minute minuten morgens vormittags nachmittags abends kilo kilogramm meter kilometer prozent komma punkt "
        "bindestrich minus strich klammeraffe schrägstrich",
        _SIGNS,
    ),
    span_links=_words("und komma punkt um der den vor nach wie"),
    answers=_words("ja nein doch gut okay ok genau richtig klar danke bitte hallo stimmt tschüss jawohl"),
    fillers=_words("äh ähm hm mm also naja tja ah oh"),
    bracket=VerbBracket(
        openers=_words(
            "bin bist ist sind seid war warst waren wart habe hast hat haben habt hatte hatten wird werde wirst werden "
            "werdet wurde wurden würde würden kann kannst können könnt könnte könnten muss musst müssen müsst müsste "
            "will willst wollen wollt wollte möchte möchtest möchten soll sollst sollen sollt sollte sollten darf "
            "dürfen dürfte weil dass ob wenn obwohl damit während bevor nachdem sobald solange falls sodass "
            "rufe ruft rufst schicke schickt gebe gibt komme kommt nehme nimmt hole holt melde meldet stelle stellt "
            "mache macht lege legt"
        ),
        prefixes=_words("ab an auf aus bei ein fest her hin los mit nach vor weg weiter zu zurück zusammen"),
        verb_pattern=r"ge[a-zäöüß]+(?:t|en)|[a-zäöüß]*(?:iert|ern|eln)|[a-zäöüß]{2,}en|[a-zäöüß]{2,}t",
        not_verbs=_words(
            "den einen keinen meinen deinen seinen ihren unseren diesen jeden allen welchen ihnen denen wegen gegen "
            "gestern morgen heute nicht mit seit fast erst jetzt sonst zuletzt selbst neben zwischen unten oben "
            "sehr neuen alten ersten zweiten dritten letzten nächsten zehn sieben laut dort schlecht recht leicht "
            "vielleicht gut bitten gern sondern andern spät oft weit echt direkt meist"
        ),
    ),
)

_DUTCH = ClauseRules(
    language="nl",
    openers=_words(
        "en of maar want dus omdat dat als toen wanneer hoewel terwijl voordat nadat zodra zolang die waar wie wat "
        "zodat daarom dan"
    ),
    phrase_starters=_words(
        "de het een deze dit die dat mijn jouw uw zijn haar ons onze hun elke elk alle geen in op aan uit bij met naar "
        "van voor over onder om door tegen zonder sinds tot tussen te"
    ),
    unfinished=_words(
        "niet nooit nog ik jij je u hij zij ze wij we jullie men zich me mij ben bent is zijn was waren heb hebt heeft "
        "hebben had hadden word wordt worden werd kan kunnen moet moeten wil willen zal zullen zou mag mogen heel zeer "
        "meer nummer"
    ),
    titles=_words("dhr mevr dr prof nr st mw"),
    number_parts=_words(
        "nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
        "zeventien achttien negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig en ën honderd "
        "duizend miljoen eerste tweede derde vierde vijfde half halve kwart"
    ),
    span_words=_words(
        "januari februari maart april mei juni juli augustus september oktober november december maandag dinsdag "
        "woensdag donderdag vrijdag zaterdag zondag euro euros dollar cent uur minuut minuten kilo meter kilometer "
        "procent komma punt streepje apenstaartje schuine",
        _SIGNS,
    ),
    span_links=_words("en komma punt om voor over"),
    letter_words=_words("u"),
    answers=_words("ja nee goed oké ok okay precies klopt bedankt dank hallo dag prima zeker"),
    fillers=_words("eh uh ehm nou hm mm ah oh dus"),
    bracket=VerbBracket(
        openers=_words(
            "ben bent is was waren heb hebt heeft hebben had hadden word wordt worden werd werden kan kunt kunnen kon "
            "moet moeten moest wil wilt willen wilde zal zullen zou zouden mag mogen omdat als toen wanneer hoewel "
            "terwijl voordat nadat zodra zodat"
        ),
        prefixes=_words("af mee terug weg door toe heen neer samen"),
        verb_pattern=r"ge[a-zë]+(?:t|d|en)|[a-zë]{3,}en|[a-zë]{3,}eerd",
        not_verbs=_words(
            "een geen zeven negen tegen tussen gisteren morgen mijnen samen alleen buiten binnen boven beneden"
        ),
    ),
)

_ARABIC = ClauseRules(
    language="ar",
    openers=_words(
        "و أو لكن ولكن لأن لأنه لأنها لأنني ثم عندما إذا حيث الذي التي الذين بينما حتى أن إن فإن وإذا وعندما كما "
        "بعدما لذلك ولذلك"
    ),
    joined_opener="و",
    not_joined=_words(
        "واحد واحدا واحدة واحدةً وحده وحدها وحدي وحدهم واضح واضحة واضحا واسع واسعة وزارة وزير وزيرة وزراء "
        "وقود وقت وقتا وقتي وسط وسطى وسيلة وسائل وجه وجهة وجد وجدت وجدنا وجبة وجود وصل وصلت وصلني وصول وصف "
        "وصفة وضع وضعت وضعية ولد ولدت ولادة ولاية وثيقة وثائق وزن وطن وطني وطنية وظيفة وفاة وفد وفق وفقا ورق "
        "ورقة وردة ورشة وعد وقع وقعت وقف وكالة وكيل ودي واجب والد والدة والدي والدتي والدها والده وافق وافقت "
        "واقع وارد واتساب وهم وهمي"
    ),
    phrase_starters=_words(
        "في من إلى على عن مع بدون خلال بين حول منذ لدى عند تحت فوق ضد هذا هذه ذلك تلك كل بعض أي وفي ومن وعلى قبل بعد"
    ),
    unfinished=_words("لا لم لن ما ليس ليست غير أنا أنت هو هي نحن هم قد سوف كان كانت يا جدا رقم اسمي هل"),
    titles=_words("د أ السيد السيدة"),
    number_parts=_words(
        "صفر واحد واحدة اثنان اثنين اثنتان ثلاث ثلاثة أربع أربعة خمس خمسة ست ستة سبع سبعة ثمان ثماني ثمانية تسع تسعة "
        "عشر عشرة عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين "
        "مئة مائة مئتان مئتين ألف ألفين آلاف مليون ملايين و نصف ربع"
    ),
    span_words=_words(
        "يناير فبراير مارس أبريل إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر الاثنين الثلاثاء الأربعاء "
        "الخميس الجمعة السبت الأحد يورو دولار دولارات درهم دراهم دينار ريال جنيه سنت ساعة ساعات دقيقة دقائق صباحا مساء "
        "كيلو متر كيلومتر بالمئة نقطة فاصلة شرطة",
        _SIGNS,
    ),
    span_links=_words("و فاصلة نقطة من"),
    letter_words=_words("و"),
    answers=_words("نعم لا أجل طيب حسنا تمام صحيح شكرا مرحبا أهلا بالطبع"),
    fillers=_words("آه أه يعني اه"),
)

_JAPANESE = ClauseRules(
    language="ja",
    answers=_words("はい いいえ ええ そうです わかりました もしもし"),
    fillers=_words("あの えっと ええと その まあ"),
    extra_wait_ms=3000,
)

_KOREAN = ClauseRules(
    language="ko",
    openers=_words("그리고 그런데 하지만 그래서 그러나 왜냐하면 또는"),
    answers=_words("네 예 아니요 아니오 맞아요 알겠습니다 여보세요"),
    fillers=_words("음 어 그 저"),
    extra_wait_ms=3000,
)

_TURKISH = ClauseRules(
    language="tr",
    openers=_words("ve veya ama fakat çünkü ancak ki eğer yani sonra ayrıca"),
    phrase_starters=_words("bir bu şu o her bazı"),
    unfinished=_words("çok daha en değil ben sen biz siz onlar"),
    titles=_words("dr prof sn no"),
    number_parts=_words(
        "sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş seksen doksan yüz bin "
        "milyon yarım buçuk"
    ),
    span_words=_words(
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık pazartesi salı çarşamba perşembe "
        "cuma cumartesi pazar euro lira dolar kuruş saat dakika yüzde virgül nokta",
        _SIGNS,
    ),
    span_links=_words("virgül nokta"),
    letter_words=_words("o"),
    answers=_words("evet hayır tamam peki doğru teşekkürler merhaba alo"),
    fillers=_words("şey ıı hani yani"),
    extra_wait_ms=3000,
)

_RULES = MappingProxyType(
    {
        rules.language: rules
        for rules in (
            *(_SPANISH, _ENGLISH, _FRENCH, _ITALIAN, _PORTUGUESE, _GALICIAN, _CATALAN),
            *(_GERMAN, _DUTCH, _ARABIC, _JAPANESE, _KOREAN, _TURKISH),
        )
    }
)

RULE_LANGUAGES = frozenset(_RULES)


def rules_for(language: str) -> ClauseRules:
    """Return the rules of an ISO 639-1 code; for a language without any, rules without words."""
    return _RULES.get(language) or ClauseRules(language)
